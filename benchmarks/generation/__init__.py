"""The closed loop: what is generated is heard again, by our own analysis and by libraries we did not write."""
