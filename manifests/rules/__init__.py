"""The rules a lesson is checked against, by what they look at.

Numbers are those of Apple's HLS Authoring Specification,
https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices
"""
