"""DJ sets measured: how they are planned and rendered, and a picture of each journey."""
