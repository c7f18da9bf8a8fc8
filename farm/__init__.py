"""Policy and flow: what is done with a recording, in which order, and where the result goes."""
