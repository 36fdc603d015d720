"""What is heard: the speaker, its card, clips and tones."""
