"""This project against the systems a user would pick instead: same network, threads, data, run.

``python -m benchmarks.training`` and ``python -m benchmarks.inference``. The peers come with
``pip install -e '.[bench]'``; what is not installed is left out.
"""
