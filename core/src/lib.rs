//! Trains neural networks.
