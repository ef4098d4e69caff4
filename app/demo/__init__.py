"""`dingyue demo`: the main job, end to end, through the public REST API of a throw-away stack."""

from app.demo.play import play

__all__ = ["play"]
