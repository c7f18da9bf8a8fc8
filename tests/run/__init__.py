"""The main job from outside: `farm run` on files, as its users run it."""
