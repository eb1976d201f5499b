"""Counts words by mrjob."""

from mrjob.job import MRJob


class Words(MRJob):
    def mapper(self, _, line):
        for word in line.replace("\t", " ").replace("\r", " ").split(" "):
            if word:
                yield word, 1

    def reducer(self, word, counts):
        yield word, sum(counts)


if __name__ == "__main__":
    Words.run()
