"""Measure speed and accuracy. Each command runs as ``python -m benchmarks.NAME``.

=========  ===========================================================================
training   images per second in training, compared with PyTorch and Keras
inference  images per second and latency in prediction; also ONNX Runtime
race       time of a whole training to 99 % on MNIST, compared with PyTorch and Keras
scaling    cost of each part of a training step, and a model of training on many machines
drawn      accuracy on real pen strokes in UNIPEN text, and confidence on non-digits
scans      accuracy on MNIST's validation images, rescanned in other sizes and depths
photos     accuracy on pictures as people take them, by kind
numbers    accuracy on numbers of several digits, from strokes and from pictures;
           ``numbers_fit`` fits the weights of the score that divides them
hand       what correcting the misread digits of a writer gains, and what it costs
hosts      training between hosts, with network namespaces of this machine as hosts
page       time to the first and to each new answer of the web page, in Chromium
window     refreshes a second of every panel of the inspector while the pen moves, and
           pauses while a correction is learned
=========  ===========================================================================

``speed/`` contains the systems and their timing, ``accuracy/`` the digits and non-digits, and
``results`` the tables, charts and JSON files.
``pip install -e '.[bench]'`` installs the other systems; those not installed are left out.
"""
