// The page works without it as far as start, stop and state.
