"""What every infra-events function carries. Imports point one way: domain ← ports, wire ← aws, runtime ← functions."""
