import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Apache Kafka's tools one after another in one Java machine, for each of its own takes longer to start than what it is asked. What a tool would
 * do to its machine is done to its thread: where it exits, its thread stops for good.
 *
 * <p>Asked on stdin: the count of strings, and each with its length in bytes: class, arguments, then what the tool has on its stdin. Answered on
 * stdout: exit code, stdout, stderr. All numbers are 32 bits, big-endian.
 */
public final class ApacheTools {
  /** Scala's console keeps the stream that it first sees. */
  private static final Sink OUT = new Sink();
  private static final Sink ERR = new Sink();
  private static volatile Run current;

  public static void main(String[] none) throws IOException {
    DataInputStream questions = new DataInputStream(System.in);
    DataOutputStream answers = new DataOutputStream(System.out);
    System.setOut(new PrintStream(OUT, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(ERR, true, StandardCharsets.UTF_8));
    Exit.setExitProcedure((code, message) -> current.exit(code));
    Exit.setHaltProcedure((code, message) -> current.exit(code));
    Exit.setShutdownHookAdder((name, hook) -> current.hooks.add(hook));
    while (true) {
      int count = questions.readInt();
      List<String> strings = new ArrayList<>();
      for (int i = 0; i < count; i++) strings.add(new String(questions.readNBytes(questions.readInt()), StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(strings.get(count - 1).getBytes(StandardCharsets.UTF_8)));
      current = new Run();
      answers.writeInt(current.run(strings.get(0), strings.subList(1, count - 1).toArray(String[]::new)));
      for (Sink sink : Arrays.asList(OUT, ERR)) {
        byte[] bytes = sink.take();
        answers.writeInt(bytes.length);
        answers.write(bytes);
      }
      answers.flush();
    }
  }

  private static final class Run {
    final List<Runnable> hooks = new ArrayList<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();

    int run(String className, String[] arguments) {
      Thread main = new Thread(() -> {
        try {
          Class.forName(className).getMethod("main", String[].class).invoke(null, (Object) arguments);
          ended.complete(0);
        } catch (ReflectiveOperationException wrapped) {
          System.err.print("Exception in thread \"main\" ");
          (wrapped.getCause() == null ? wrapped : wrapped.getCause()).printStackTrace();
          ended.complete(1);
        }
      }, "main");
      main.setDaemon(true);
      main.start();
      int code = ended.join();
      hooks.forEach(Runnable::run);
      return code;
    }

    /** Nothing behind the exit happens. */
    void exit(int code) {
      ended.complete(code);
      new Semaphore(0).acquireUninterruptibly();
    }
  }

  private static final class Sink extends OutputStream {
    private ByteArrayOutputStream taken = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int one) {
      taken.write(one);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      taken.write(bytes, offset, length);
    }

    synchronized byte[] take() {
      byte[] bytes = taken.toByteArray();
      taken = new ByteArrayOutputStream();
      return bytes;
    }
  }
}
