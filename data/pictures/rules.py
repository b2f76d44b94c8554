import numpy as np
def without(coverage): return coverage
