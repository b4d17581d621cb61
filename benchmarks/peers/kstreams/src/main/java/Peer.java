import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** g: the job in Kafka Streams: two threads, RocksDB with changelog topics, 256 MB of cache, a commit every 10 s. */
public class Peer {
  @JsonIgnoreProperties(ignoreUnknown = true)
  public static class Event {
    public String event_id, kind, content_id, parent_event_id;
    public long audience_size;
  }

  public static class Figures {
    public long n, direct, reach;
    public int maxd;
    public Map<String, Long> kinds = new HashMap<>();
    public Map<Integer, Long> hist = new HashMap<>();
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static <T> Serde<T> json(Class<T> type) {
    return Serdes.serdeFrom((topic, value) -> encoded(value), (topic, bytes) -> decoded(bytes, type));
  }

  private static byte[] encoded(Object value) {
    try {
      return value == null ? null : MAPPER.writeValueAsBytes(value);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static <T> T decoded(byte[] bytes, Class<T> type) {
    try {
      return bytes == null ? null : MAPPER.readValue(bytes, type);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  static class Fold implements Processor<String, Event, Void, Void> {
    private KeyValueStore<String, Integer> nodes;
    private KeyValueStore<String, Figures> figures;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      nodes = context.getStateStore("nodes");
      figures = context.getStateStore("figures");
    }

    @Override
    public void process(Record<String, Event> record) {
      Event event = record.value();
      String prefix = event.content_id + '|';
      if (nodes.get(prefix + event.event_id) == null) {
        Figures now = figures.get(event.content_id);
        if (now == null) now = new Figures();
        if (event.kind.equals("share") || event.kind.equals("repin")) {
          int depth = 1;
          if (event.parent_event_id != null) {
            Integer above = nodes.get(prefix + event.parent_event_id);
            depth = above == null ? 1 : above + 1;
          }
          nodes.put(prefix + event.event_id, depth);
          now.maxd = Math.max(now.maxd, depth);
          if (depth == 1) now.direct += event.audience_size;
          else now.reach += event.audience_size;
          now.hist.merge(depth, 1L, Long::sum);
        }
        now.n++;
        now.kinds.merge(event.kind, 1L, Long::sum);
        figures.put(event.content_id, now);
      }
      Meter.tick();
    }
  }

  private static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, Serde<V> values) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), values).withCachingEnabled();
  }

  public static void main(String[] arguments) throws Exception {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BOOTSTRAP"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("BENCH_SCRATCH") + "/state");
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 10000);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    settings.put("auto.offset.reset", "earliest");
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(store("nodes", Serdes.Integer()));
    builder.addStateStore(store("figures", json(Figures.class)));
    builder.stream(System.getenv("BENCH_TOPIC"), Consumed.with(Serdes.String(), json(Event.class)))
        .process(Fold::new, "nodes", "figures");
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    Meter.await();
    Meter.Sums sums = new Meter.Sums();
    var query = StoreQueryParameters.fromNameAndType("figures", QueryableStoreTypes.<String, Figures>keyValueStore());
    try (var all = streams.store(query).all()) {
      while (all.hasNext()) {
        Figures one = all.next().value;
        sums.add(one.n, one.maxd, one.direct, one.reach, one.hist);
      }
    }
    sums.say();
    streams.close();
  }
}
