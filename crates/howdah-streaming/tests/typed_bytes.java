// Records what Hadoop's classes make of typed bytes: the rows of `typed_bytes.json`.
//
// One value in hexadecimal a line on the standard input; with the jars of Hadoop Streaming 3.4.2 and what it needs in LIB:
//
//     java -cp 'LIB/*' typed_bytes.java < values
//
// Each row: the bytes; what `TypedBytesInput.readRaw` takes of them, or `null` at an end, or what it throws; the same for
// `read().toString()`, which is `TypedBytesWritable.toString`; and `TypedBytesWritable.hashCode`.

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.apache.hadoop.typedbytes.TypedBytesInput;
import org.apache.hadoop.typedbytes.TypedBytesWritable;

class Record {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            byte[] bytes = HexFormat.of().parseHex(line);
            Object raw = outcome(() -> input(bytes).readRaw());
            Object text = outcome(() -> input(bytes).read());
            int hash = new TypedBytesWritable(bytes).hashCode();
            out.println("[\"" + line + "\"," + raw + "," + text + "," + hash + "]");
        }
    }

    static TypedBytesInput input(byte[] bytes) {
        return new TypedBytesInput(new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    static String outcome(Callable<Object> reading) {
        try {
            Object found = reading.call();
            if (found == null) {
                return "null";
            }
            return quoted(found instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : found.toString());
        } catch (Exception thrown) {
            return "{\"throws\":" + quoted(thrown.getClass().getSimpleName()) + "}";
        }
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
            quoted.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return quoted.append('"').toString();
    }
}
