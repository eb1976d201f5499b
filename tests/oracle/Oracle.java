import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Permission;
import java.util.Arrays;
import java.util.Map;

import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.io.compress.CodecPool;
import org.apache.hadoop.streaming.HadoopStreaming;

/**
 * Runs Hadoop Streaming's own main many times in one JVM, since most of a small job's time is the start of Java.
 *
 * A request is a line of percent-encoded words parted by TAB: the file that gets what the job prints; those that are
 * its standard input and get its standard output, or nothing for either; then the arguments. The answer is a line with
 * the exit code. The end of the requests is the end. The first argument `cross` is none of Streaming's: behind it stands
 * a request to Cross.
 */
@SuppressWarnings("removal") // a security manager is how Java 17 tells of System.exit
public final class Oracle {
  private Oracle() {}

  public static void main(String[] none) throws Exception {
    PrintStream answers = System.out;
    System.setSecurityManager(new Exits());
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String request; (request = requests.readLine()) != null; ) {
      String[] words = request.split("\t", -1);
      for (int at = 0; at < words.length; at++) {
        words[at] = URLDecoder.decode(words[at], StandardCharsets.UTF_8);
      }
      try (PrintStream log = new PrintStream(new FileOutputStream(words[0]), true)) {
        String[] arguments = Arrays.copyOfRange(words, 3, words.length);
        answers.println(run(arguments, words[1], words[2], log));
        answers.flush();
      }
    }
    System.setSecurityManager(null);
    Runtime.getRuntime().halt(0); // threads of failed jobs may still be there
  }

  private static int run(String[] arguments, String input, String output, PrintStream log)
      throws Exception {
    InputStream in = System.in;
    PrintStream out = System.out;
    PrintStream err = System.err;
    System.setIn(input.isEmpty() ? InputStream.nullInputStream() : new FileInputStream(input));
    System.setOut(output.isEmpty() ? log : new PrintStream(new FileOutputStream(output)));
    System.setErr(log);
    try {
      if (arguments.length > 0 && arguments[0].equals("cross")) {
        Cross.run(Arrays.copyOfRange(arguments, 1, arguments.length));
      } else {
        HadoopStreaming.main(arguments);
      }
      return 0;
    } catch (Exit exit) {
      return exit.status & 255; // as a process does
    } catch (Throwable uncaught) {
      log.print("Exception in thread \"main\" ");
      uncaught.printStackTrace(log);
      return 1;
    } finally {
      endJobs();
      System.in.close();
      System.out.flush();
      System.setIn(in);
      System.setOut(out);
      System.setErr(err);
      FileSystem.closeAll(); // the next job's file system is to have its own settings
      forgetCodecs();
    }
  }

  /**
   * What a damaged file has left in a decompressor, or other settings in a compressor, is not to meet the next job, as
   * in a JVM of its own.
   */
  private static void forgetCodecs() throws ReflectiveOperationException {
    for (String name : new String[] {"compressorPool", "decompressorPool"}) {
      Field pool = CodecPool.class.getDeclaredField(name);
      pool.setAccessible(true);
      ((Map<?, ?>) pool.get(null)).clear();
    }
  }

  /** Waits for a job in the background, as a JVM of its own would. */
  private static void endJobs() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getClass().getName().equals("org.apache.hadoop.mapred.LocalJobRunner$Job")) {
        thread.join();
      }
    }
  }

  private static final class Exit extends SecurityException {
    private static final long serialVersionUID = 1L;
    final int status;

    Exit(int status) {
      this.status = status;
    }
  }

  private static final class Exits extends SecurityManager {
    @Override
    public void checkExit(int status) {
      throw new Exit(status);
    }

    @Override
    public void checkPermission(Permission permission) {}

    @Override
    public void checkPermission(Permission permission, Object context) {}
  }
}
