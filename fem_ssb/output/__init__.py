"""Results on disk: field series for ParaView, history table, checkpoints, run record, pictures, progress."""

from fem_ssb.output.checkpoint import latest_checkpoint, read_checkpoint, write_checkpoint
from fem_ssb.output.folder import output_folder
from fem_ssb.output.history import History, read_history
from fem_ssb.output.overview import overview, plot_history
from fem_ssb.output.progress import Progress
from fem_ssb.output.run_record import versions, write_run_record
from fem_ssb.output.series import FieldSeries
from fem_ssb.output.snapshot import Snapshot, read_snapshot, read_times

__all__ = [
    "FieldSeries",
    "History",
    "Progress",
    "Snapshot",
    "latest_checkpoint",
    "output_folder",
    "overview",
    "plot_history",
    "read_checkpoint",
    "read_history",
    "read_snapshot",
    "read_times",
    "versions",
    "write_checkpoint",
    "write_run_record",
]
