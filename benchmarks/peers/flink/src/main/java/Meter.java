import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** What benchmarks/meter.py says, in Java: the same lines on standard output. The file is the same in every Java peer. */
final class Meter {
  static final long EXPECTED = Long.parseLong(System.getenv("BENCH_EVENTS"));
  private static final AtomicLong count = new AtomicLong();
  private static final CountDownLatch done = new CountDownLatch(1);
  private static volatile long wall, cpu;

  static void tick() {
    long now = count.incrementAndGet();
    if (now == 1) {
      wall = System.nanoTime();
      cpu = cpuNanos();
      say("\"first\"", "");
    }
    if (now == EXPECTED) {
      double seconds = (System.nanoTime() - wall) / 1e9, used = (cpuNanos() - cpu) / 1e9;
      say("\"last\"", String.format(Locale.ROOT, ", \"records\": %d, \"seconds\": %.4f, \"cpu\": %.4f", EXPECTED, seconds, used));
      done.countDown();
    }
  }

  static void await() throws InterruptedException {
    done.await();
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  private static synchronized void say(String mark, String more) {
    System.out.printf(Locale.ROOT, "{\"mark\": %s, \"at\": %.3f%s}%n", mark, System.currentTimeMillis() / 1e3, more);
    System.out.flush();
  }

  /** Sums over the aggregates of all contents. */
  static final class Sums {
    private long contents, events, nodes, depths, direct, beyond;
    private int depth;

    void add(long n, int maxDepth, long atOne, long deeper, Map<Integer, Long> hist) {
      contents++;
      events += n;
      depth = Math.max(depth, maxDepth);
      direct += atOne;
      beyond += deeper;
      hist.forEach((level, several) -> { nodes += several; depths += level * several; });
    }

    void say() {
      Meter.say("\"sums\"", String.format(
          ", \"figures\": {\"contents\": %d, \"events\": %d, \"nodes\": %d, \"depth\": %d, \"depths\": %d, \"direct\": %d, \"beyond\": %d}",
          contents, events, nodes, depth, depths, direct, beyond));
    }
  }
}
