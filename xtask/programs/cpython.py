# More than 100 MiB, touched twice: filled a page at a time, then read whole.
import hashlib

block = bytearray(120 * 1024 * 1024)
for at in range(0, len(block), 4096):
    block[at : at + 8] = (at * 2654435761 & (1 << 64) - 1).to_bytes(8, "little")
print(len(block), hashlib.sha256(block).hexdigest())

# Many small objects: the allocator's pages, touched in no order.
words = sorted({str(number * 7919 % 100003) for number in range(100000)})
print(len(words), words[0], words[-1])
