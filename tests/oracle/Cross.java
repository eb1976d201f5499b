import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Map;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.IOUtils;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.SequenceFile.CompressionType;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.io.compress.CodecPool;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionOutputStream;
import org.apache.hadoop.io.compress.Compressor;
import org.apache.hadoop.io.compress.Decompressor;
import org.apache.hadoop.io.compress.DefaultCodec;
import org.apache.hadoop.io.compress.GzipCodec;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapred.SequenceFileRecordReader;
import org.apache.hadoop.util.ReflectionUtils;

/**
 * Compressed files and SequenceFiles, written and read by Hadoop's own classes.
 *
 * A request is properties as NAME=VALUE, a verb and its words. Data go through files, in which each piece of bytes
 * stands behind its length.
 */
final class Cross {
  /** Read once, since Hadoop's defaults are long. Without checksums beside the files. */
  private static final Configuration DEFAULTS = new Configuration();

  static {
    DEFAULTS.set("fs.file.impl", "org.apache.hadoop.fs.RawLocalFileSystem");
  }

  private Cross() {}

  static void run(String[] request) throws Exception {
    Configuration conf = new Configuration(DEFAULTS);
    int verb = 0;
    for (int equals; (equals = request[verb].indexOf('=')) >= 0; verb++) {
      conf.set(request[verb].substring(0, equals), request[verb].substring(equals + 1));
    }
    String[] words = Arrays.copyOfRange(request, verb, request.length);
    switch (words[0]) {
      case "usable" -> codec(words[1], conf).createCompressor();
      case "pack" -> pack(codec(words[1], conf), words[2], words[3], words[4]);
      case "unpack" -> unpack(codec(words[1], conf), words[2], words[3]);
      case "write" -> write(words, conf);
      case "read" -> read(path(words[1]), words[2], conf);
      case "split" -> split(path(words[1]), words[2], words[3], conf);
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private static CompressionCodec codec(String name, Configuration conf) throws Exception {
    return (CompressionCodec) ReflectionUtils.newInstance(Class.forName(name), conf);
  }

  private static Path path(String file) {
    return new Path(Paths.get(file).toUri());
  }

  /** Writes a file in pieces of these lengths. */
  private static void pack(CompressionCodec codec, String plain, String lengths, String packed)
      throws IOException {
    Compressor compressor = CodecPool.getCompressor(codec);
    try (InputStream in = new FileInputStream(plain);
        OutputStream out =
            codec.createOutputStream(Files.newOutputStream(Paths.get(packed)), compressor)) {
      for (String length : lengths.split(",")) {
        out.write(in.readNBytes(Integer.parseInt(length)));
      }
    }
    CodecPool.returnCompressor(compressor);
  }

  private static void unpack(CompressionCodec codec, String packed, String plain)
      throws IOException {
    Decompressor decompressor = CodecPool.getDecompressor(codec);
    try (InputStream in = codec.createInputStream(new FileInputStream(packed), decompressor);
        OutputStream out = Files.newOutputStream(Paths.get(plain))) {
      IOUtils.copyBytes(in, out, 10_000, false);
    }
    CodecPool.returnDecompressor(decompressor);
  }

  /**
   * Writes a SequenceFile of records in a file: before each stands a byte, 0 for nothing, 1 for a sync mark, 2 for
   * closing the file and appending to it.
   */
  private static void write(String[] words, Configuration conf) throws Exception {
    Path file = path(words[6]);
    Class<?> keyClass = Class.forName(words[3]);
    Class<?> valueClass = Class.forName(words[4]);
    CompressionType type = CompressionType.valueOf(words[1]);
    boolean gzip = words[2].equals(GzipCodec.class.getName());
    String name = gzip ? Gzip.class.getName() : words[2];
    CompressionCodec codec = name.isEmpty() ? null : codec(name, conf);
    SequenceFile.Metadata metadata = new SequenceFile.Metadata();
    for (int at = 8; at < words.length; at += 2) {
      metadata.set(new Text(words[at]), new Text(words[at + 1]));
    }
    SequenceFile.Writer.Option[] options = {
      SequenceFile.Writer.file(file),
      SequenceFile.Writer.keyClass(keyClass),
      SequenceFile.Writer.valueClass(valueClass),
      SequenceFile.Writer.compression(type, codec),
      SequenceFile.Writer.metadata(metadata),
      SequenceFile.Writer.syncInterval(Integer.parseInt(words[7])),
      SequenceFile.Writer.appendIfExists(true),
    };
    Writable key = (Writable) ReflectionUtils.newInstance(keyClass, conf);
    Writable value = (Writable) ReflectionUtils.newInstance(valueClass, conf);
    SequenceFile.Writer writer = SequenceFile.createWriter(conf, options);
    try (DataInputStream records = input(words[5])) {
      for (int before; (before = records.read()) >= 0; ) {
        if (before == 1) {
          writer.sync();
        } else if (before == 2) {
          writer.close();
          writer = SequenceFile.createWriter(conf, options);
        }
        fill(key, records);
        fill(value, records);
        writer.append(key, value);
      }
    }
    writer.close();
    if (gzip) {
      nameGzip(words[6]);
    }
  }

  private static void fill(Writable value, DataInputStream from) throws IOException {
    byte[] bytes = from.readNBytes(from.readInt());
    value.readFields(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  /** Writes what a SequenceFile says of itself, then keys and values, each with what it is as a string. */
  private static void read(Path file, String to, Configuration conf) throws IOException {
    try (SequenceFile.Reader reader =
            new SequenceFile.Reader(conf, SequenceFile.Reader.file(file));
        DataOutputStream out = output(to)) {
      put(reader.getKeyClassName(), out);
      put(reader.getValueClassName(), out);
      put(reader.getCompressionType().toString(), out);
      CompressionCodec codec = reader.getCompressionCodec();
      put(codec == null ? "" : codec.getClass().getName(), out);
      Map<Text, Text> metadata = reader.getMetadata().getMetadata();
      out.writeInt(metadata.size());
      for (Map.Entry<Text, Text> entry : metadata.entrySet()) {
        put(entry.getKey().toString(), out);
        put(entry.getValue().toString(), out);
      }
      Writable key = (Writable) ReflectionUtils.newInstance(reader.getKeyClass(), conf);
      Writable value = (Writable) ReflectionUtils.newInstance(reader.getValueClass(), conf);
      while (reader.next(key, value)) {
        put(key, out);
        put(key.toString(), out);
        put(value, out);
        put(value.toString(), out);
      }
    }
  }

  /** Writes the keys and values of each split, which begins where the one before ends, behind their number. */
  private static void split(Path file, String ends, String to, Configuration conf)
      throws IOException {
    try (DataOutputStream out = output(to)) {
      long start = 0;
      for (String word : ends.split(",")) {
        long end = Long.parseLong(word);
        FileSplit split = new FileSplit(file, start, end - start, new String[0]);
        SequenceFileRecordReader<Writable, Writable> reader =
            new SequenceFileRecordReader<>(conf, split);
        Writable key = reader.createKey();
        Writable value = reader.createValue();
        DataOutputBuffer records = new DataOutputBuffer();
        int count = 0;
        for (; reader.next(key, value); count++) {
          put(key, records);
          put(value, records);
        }
        reader.close();
        out.writeInt(count);
        records.writeTo(out);
        start = end;
      }
    }
  }

  private static DataInputStream input(String file) throws IOException {
    return new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(Paths.get(file))));
  }

  private static DataOutputStream output(String file) throws IOException {
    return new DataOutputStream(
        new java.io.BufferedOutputStream(Files.newOutputStream(Paths.get(file))));
  }

  private static void put(String text, DataOutputStream out) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void put(Writable value, DataOutputStream out) throws IOException {
    DataOutputBuffer bytes = new DataOutputBuffer();
    value.write(bytes);
    out.writeInt(bytes.getLength());
    bytes.writeTo(out);
  }

  /** Puts GzipCodec's own name into a file's header. */
  private static void nameGzip(String file) throws IOException {
    Charset bytes = StandardCharsets.ISO_8859_1;
    String written = Files.readString(Paths.get(file), bytes);
    String own = GzipCodec.class.getName();
    String name = Gzip.class.getName();
    int at = written.indexOf((char) name.length() + name);
    String named =
        written.substring(0, at) + (char) own.length() + own + written.substring(at + 1 + name.length());
    Files.writeString(Paths.get(file), named, bytes);
  }

  /** GzipCodec under another name: without native code SequenceFile's writer refuses the class itself. */
  public static final class Gzip extends DefaultCodec {
    private final GzipCodec codec = new GzipCodec();

    @Override
    public void setConf(Configuration conf) {
      super.setConf(conf);
      codec.setConf(conf);
    }

    @Override
    public CompressionOutputStream createOutputStream(OutputStream out, Compressor compressor)
        throws IOException {
      return codec.createOutputStream(out, compressor);
    }

    @Override
    public Class<? extends Compressor> getCompressorType() {
      return codec.getCompressorType();
    }

    @Override
    public Compressor createCompressor() {
      return codec.createCompressor();
    }
  }
}
