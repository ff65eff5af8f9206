"""Twenty briefs composed as the platform does it, heard again: what came true of each."""
