"""What touches the world: pins, sound, voice, terminal. Third-party imports live here, and late."""
