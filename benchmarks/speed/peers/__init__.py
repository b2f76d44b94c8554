"""The other systems as subclasses of `benchmarks.speed.system.System`, and of that of the race.

========  ================================================
pytorch   PyTorch: eager, channels-last or compiled
keras_tf  Keras on TensorFlow: as documented, or compiled
onnx_rt   ONNX Runtime, prediction only
race_*    whole trainings, of `benchmarks.speed.race.System`
========  ================================================

Each is imported only in the process that measures it.
"""
