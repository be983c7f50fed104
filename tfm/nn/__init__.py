"""The Transformer's parts in PyTorch, one idea a file. Parts are passed in, never switched by flags."""
