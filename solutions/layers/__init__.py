"""Reference implementations of layers, one module per topic, one function per exercise."""
