"""Placeholder until proofs are collected."""
