"""Constant-rate transport streams: one for each stream of the profile."""

from collections.abc import Iterator

from encoders.broadcast.task import BroadcastTask, Service, SoundTrack
from encoders.profiles import Broadcast
from farm.plan.languages import iso_639_2
from farm.plan.model import ProfilePlan
from farm.products.inputs import piece_inputs
from farm.products.model import Made, Order

WEIGHT = 0.01
"""Work of multiplexing a second beside encoding one."""


def broadcast_orders(made: Made, asked: ProfilePlan, profile: Broadcast) -> Iterator[Order]:
    service = profile.service
    rasters = {one.name: one for one in made.plan.chunks[0].task.rasters}
    sounds = [one for one in made.plan.sounds if one.name in asked.sounds]
    for stream, name in zip(profile.streams, asked.renditions, strict=True):
        elementary = made.pieces.rasters[name]
        tracks = [made.pieces.sounds[one.name] for one in sounds]
        yield Order(
            profile=profile,
            name=name,
            languages=tuple(one.language for one in sounds),
            task=BroadcastTask(
                name=name,
                pieces=tuple(elementary),
                rendition=rasters[name],
                sounds=tuple(
                    SoundTrack(iso_639_2(plan.language), track)
                    for plan, track in zip(sounds, tracks, strict=True)
                ),
                muxrate=stream.total,
                service=Service(
                    service_id=service.service_id,
                    ts_id=service.transport_stream_id,
                    original_network_id=service.original_network_id,
                    name=service.name,
                    provider=service.provider,
                    network=service.network,
                    network_id=service.network_id,
                ),
                duration=made.duration,
                inputs="",
                folder="",
            ),
            inputs=piece_inputs(made.lesson, [*elementary, *tracks]),
            weight=float(made.duration) * WEIGHT,
        )
