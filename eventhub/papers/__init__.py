"""Certificates, badges and attendance sheets as PDF."""
