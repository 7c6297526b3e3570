"""Tables in and scores out: vocabulary, checked reading, settings, workspace and the simulator."""
