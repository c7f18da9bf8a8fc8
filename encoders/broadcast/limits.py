"""What a stream must keep to: ETSI TR 101 290, 5.2, and closer than that for our own."""

from dataclasses import dataclass

NAMES = {
    "1.1": "TS_sync_loss",
    "1.2": "Sync_byte_error",
    "1.3": "PAT_error",
    "1.4": "Continuity_count_error",
    "1.5": "PMT_error",
    "1.6": "PID_error",
    "2.1": "Transport_error",
    "2.2": "CRC_error",
    "2.3a": "PCR_repetition_error",
    "2.3b": "PCR_discontinuity_indicator_error",
    "2.4": "PCR_accuracy_error",
    "2.5": "PTS_error",
    "2.6": "CAT_error",
    "3.1": "NIT_actual_error",
    "3.3": "Buffer_error",
    "3.5": "SDT_actual_error",
    "rate": "Constant_rate_error",
}
"""Of the indicators, by their numbers in TR 101 290; `rate` is ours: it must be constant."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds at most from one to the next."""

    pcr: float = 0.040
    pcr_jump: float = 0.100
    """From one PCR's value to that of the next."""
    pcr_accuracy: float = 500e-9
    """Off the time its place in a stream of constant rate has."""
    pat: float = 0.5
    pmt: float = 0.5
    pts: float = 0.7
    sdt: float = 2.0
    nit: float = 10.0
    pid: float = 5.0
    """Of the packets of a stream that a PMT lists."""


TR_101_290 = Limits()
PUBLISHED = Limits(pcr=0.023, pat=0.082, pmt=0.082, sdt=1.0, nit=0.5)
"""What this farm's own streams keep to."""
