"""Time systems on the same network, threads and data, each in a process of its own.

=======  ==========================================================================
common   command line, network and data of ``benchmarks.training`` and ``.inference``
system   base class of a system that trains and predicts
ours     this project as such a system, on fast or plain layers
peers/   PyTorch, Keras and ONNX Runtime as such systems
worker   run a system in a process of its own; time several in turn
race*    one whole training in a process of its own, for ``benchmarks.race``
profile  time of each layer in a training step, against the machine's peak
=======  ==========================================================================
"""
