"""The fuzzer: cases made by structure, and what must hold for every one. `.github/CONTRIBUTING.md` tells how it is run."""
