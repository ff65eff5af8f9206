"""How large a song may be."""

from ripieno.contracts.problems import BadAudio
from ripieno.services.settings import MEBIBYTE, settings


def check_size(size_bytes: int) -> None:
    """Raises `BadAudio` (`file_too_large`) above the platform's limit."""
    most = settings().max_song_bytes
    if size_bytes > most:
        raise BadAudio(
            "file_too_large", f"the file has {size_bytes / MEBIBYTE:.0f} MB; songs may have {most / MEBIBYTE:.0f} MB"
        )
