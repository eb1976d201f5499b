"""Mapper or reducer: reads all, then writes COUNT records with MODULUS different keys: k0 0, k1 1, …"""
import sys

count, modulus = int(sys.argv[1]), int(sys.argv[2])
sys.stdin.read()
for number in range(count):
    print(f"k{number % modulus}", number, sep="\t")
