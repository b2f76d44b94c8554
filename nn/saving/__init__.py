"""Models and arrays as files. A file is written whole or not at all, and is untrusted when read.

- `modelfile`: a network as one ``.npz``: its architecture as JSON, and its arrays;
- `npz`: archives of arrays, with limits on what is read;
- `limits`: checks of sizes before memory is allocated for them;
- `atomic`: atomic writes, and folders locked by one process.
"""
