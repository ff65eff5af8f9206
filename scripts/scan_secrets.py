"""Look for secrets in every file that is committed: `make check` runs it, offline.

    python scripts/scan_secrets.py            # all files of the checkout that git knows, or would take in
    python scripts/scan_secrets.py FILE...

Prints a line a finding and ends with 1 where there is any. What is no secret is named below by its exact value, with
the reason; there is no baseline that could hide anything else.
"""

from __future__ import annotations

import subprocess
import sys
from multiprocessing import Pool
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {
    ".py", ".json", ".jsonc", ".toml", ".md", ".txt", ".sh", ".yml", ".yaml", ".ini", ".cfg", ".env", ".js", ".mjs",
    ".ts", ".html", ".bicep", ".bicepparam", ".tf", ".pem", ".key", "", ".csv", ".ps1",
}  # fmt: skip
DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector",
    "IbmCosHmacDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector", "OpenAIDetector",
    "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SoftlayerDetector",
    "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector", "KeywordDetector",
)  # fmt: skip
"""All of detect-secrets but one: long hexadecimal numbers are hashes here, of songs, weights and files."""
ENTROPY = {"name": "Base64HighEntropyString", "limit": 4.5}
FILTERS = (
    "detect_secrets.filters.heuristic.is_indirect_reference", "detect_secrets.filters.heuristic.is_lock_file",
    "detect_secrets.filters.heuristic.is_not_alphanumeric_string",
    "detect_secrets.filters.heuristic.is_potential_uuid",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_sequential_string", "detect_secrets.filters.heuristic.is_templated_secret",
)  # fmt: skip
ALLOWED = {
    "23456789ABCDEFGHJKMNPQRSTVWXYZ": "the letters of pairing codes",
    "whsec_UmlwaWVubywgYSBzZWNyZXQgb2Ygbm9ib2R5J3MuLi4=": "the reference's example: a secret of nobody's",
    "the newest secret that your webhooks are signed with; null where no webhook is sent from here":
        "a sentence of the reference",
    "Disabled": "what Azure calls a switch that is off",
    "true": "what Azure calls one that is on",
    "endpoints": "what the cluster calls what it has out of Key Vault",
}  # fmt: skip
"""Not secrets, wherever they stand."""
ALLOWED_IN_TESTS = frozenset({
    "key", "secret", "the older one", "open sesame now,the older one", "yL0Fh2vEoXq5dT9uR7wKpZ3cN8mB1sGa",
    "Qm4xV7rJ2kW9tY6nC1zH8bD5gS3fL0pE", "uI5oP2aS8dF1gH7jK4lZ9xC6vB3nM0qW", "eyJhbGciOiJSUzI1NiJ9.e30.",
    "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",  # of all emulators
})  # fmt: skip
"""Not secrets in tests, and here."""


def committed() -> list[Path]:
    """Every file that git has or would take in."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    found = [ROOT / name for name in told.stdout.split("\0") if name]
    return [path for path in found if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()]


def findings(path: Path) -> list[str]:
    """Secrets in a file, a sentence each, without the secret itself."""
    settings = {
        "plugins_used": [*({"name": name} for name in DETECTORS), ENTROPY],
        "filters_used": [{"path": name} for name in FILTERS],
    }
    is_test = "tests" in path.parts or path == Path(__file__).resolve()
    with transient_settings(settings):
        found = list(scan_file(str(path)))
    return [
        f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{one.line_number}: {one.type}"
        for one in found
        if one.secret_value not in ALLOWED and not (is_test and _is_made_up(one.secret_value or ""))
    ]


def _is_made_up(value: str) -> bool:
    """Whether a test says that a value is none: it is one of those above, or spells `secret` in base64."""
    return value in ALLOWED_IN_TESTS or "c2VjcmV0" in value


def main(names: list[str]) -> int:
    files = [Path(name).resolve() for name in names] or committed()
    with Pool() as pool:
        found = [line for lines in pool.imap(findings, files, chunksize=16) for line in lines]
    for line in found:
        print(line)
    if found:
        print("secrets belong into Key Vault or the environment; what is none is named in scripts/scan_secrets.py")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
