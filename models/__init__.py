"""Rules, learned models, calibration, evaluation, explanation and the registry."""
