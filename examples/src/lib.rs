//! Runnable examples; one file per task.
