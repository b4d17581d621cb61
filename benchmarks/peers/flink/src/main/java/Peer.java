import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** h: the job in Flink: MiniCluster on both cores, state on the heap, a checkpoint to disk every 10 s. */
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

  static class Json extends AbstractDeserializationSchema<Event> {
    private transient ObjectMapper mapper;

    @Override
    public void open(InitializationContext context) {
      mapper = new ObjectMapper();
    }

    @Override
    public Event deserialize(byte[] value) throws IOException {
      return mapper.readValue(value, Event.class);
    }
  }

  static class Fold extends KeyedProcessFunction<String, Event, Figures> {
    private transient MapState<String, Integer> nodes;
    private transient ValueState<Figures> figures;

    @Override
    public void open(OpenContext context) {
      nodes = getRuntimeContext().getMapState(new MapStateDescriptor<>("nodes", String.class, Integer.class));
      figures = getRuntimeContext().getState(new ValueStateDescriptor<>("figures", TypeInformation.of(Figures.class)));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Figures> out) throws Exception {
      if (!nodes.contains(event.event_id)) {
        Figures now = figures.value();
        if (now == null) {
          now = new Figures();
          context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
        }
        if (event.kind.equals("share") || event.kind.equals("repin")) {
          int depth = 1;
          if (event.parent_event_id != null) {
            Integer above = nodes.get(event.parent_event_id);
            depth = above == null ? 1 : above + 1;
          }
          nodes.put(event.event_id, depth);
          now.maxd = Math.max(now.maxd, depth);
          if (depth == 1) now.direct += event.audience_size;
          else now.reach += event.audience_size;
          now.hist.merge(depth, 1L, Long::sum);
        }
        now.n++;
        now.kinds.merge(event.kind, 1L, Long::sum);
        figures.update(now);
      }
      Meter.tick();
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Figures> out) throws Exception {
      out.collect(figures.value());
    }
  }

  public static void main(String[] arguments) throws Exception {
    Configuration settings = new Configuration();
    settings.setString("state.backend.type", "hashmap");
    settings.setString("execution.checkpointing.storage", "filesystem");
    settings.setString("execution.checkpointing.dir", "file://" + System.getenv("BENCH_SCRATCH") + "/checkpoints");
    settings.setString("execution.checkpointing.interval", "10 s");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(2, settings);
    KafkaSource<Event> source = KafkaSource.<Event>builder()
        .setBootstrapServers(System.getenv("BENCH_BOOTSTRAP"))
        .setTopics(System.getenv("BENCH_TOPIC"))
        .setGroupId(System.getenv("BENCH_GROUP"))
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setBounded(OffsetsInitializer.latest())
        .setValueOnlyDeserializer(new Json())
        .build();
    Meter.Sums sums = new Meter.Sums();
    var events = environment.fromSource(source, WatermarkStrategy.noWatermarks(), "events");
    try (var results = events.keyBy(event -> event.content_id).process(new Fold()).executeAndCollect()) {
      while (results.hasNext()) {
        Figures one = results.next();
        sums.add(one.n, one.maxd, one.direct, one.reach, one.hist);
      }
    }
    Meter.await();
    sums.say();
  }
}
