import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Apache Kafka's Java client, obeying lines: one command a line on stdin, one answer a line on stdout, as src/command.ts has them. */
public class JavaClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMillis(100);
  /** In UTF-8 whatever the locale. */
  private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

  private final String bootstrap;
  private final Admin admin;
  private final Map<String, KafkaProducer<String, String>> producers = new ConcurrentHashMap<>();
  private final List<Member> members = new ArrayList<>();

  private record Member(CountDownLatch stopping, CountDownLatch stopped) {}

  private JavaClient(String bootstrap) {
    this.bootstrap = bootstrap;
    this.admin = Admin.create(settings());
  }

  public static void main(String[] args) throws Exception {
    JavaClient client = new JavaClient(args[args.length - 1]);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode asked = JSON.readTree(line);
      Thread thread = new Thread(() -> client.obey(asked));
      thread.setDaemon(true);
      thread.start();
    }
    client.leave();
    client.producers.values().forEach(producer -> producer.close(Duration.ofSeconds(5)));
    System.exit(0);
  }

  private Properties settings(Object... pairs) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("reconnect.backoff.max.ms", "500");
    for (int at = 0; at < pairs.length; at += 2) properties.put(pairs[at], String.valueOf(pairs[at + 1]));
    return properties;
  }

  private static synchronized void say(Object line) {
    try {
      OUT.println(JSON.writeValueAsString(line));
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private void obey(JsonNode asked) {
    int id = asked.get("id").asInt();
    try {
      Map<String, Object> answer = new LinkedHashMap<>(run(asked));
      answer.put("id", id);
      say(answer);
    } catch (UnsupportedOperationException error) {
      say(Map.of("id", id, "error", "UNSUPPORTED", "message", String.valueOf(error.getMessage())));
    } catch (Throwable error) {
      Throwable cause = error instanceof ExecutionException && error.getCause() != null ? error.getCause() : error;
      say(Map.of("id", id, "error", cause.getClass().getSimpleName(), "message", String.valueOf(cause.getMessage())));
    }
  }

  private Map<String, Object> run(JsonNode asked) throws Exception {
    switch (asked.get("command").asText()) {
      case "create-topic":
        return createTopic(asked);
      case "delete-topic":
        return done(admin.deleteTopics(List.of(topic(asked))).all());
      case "list-topics":
        return Map.of("topics", admin.listTopics().names().get());
      case "grow-topic":
        return done(admin.createPartitions(Map.of(topic(asked), NewPartitions.increaseTo(asked.get("partitions").asInt()))).all());
      case "set-topic-config":
        return setTopicConfig(asked);
      case "topic-config":
        return topicConfig(asked);
      case "delete-records":
        return deleteRecords(asked);
      case "produce":
        return produce(asked);
      case "read":
        return read(asked);
      case "join":
        return join(asked);
      case "leave":
        return leave();
      case "committed":
        return committed(asked);
      case "list-groups":
        return Map.of("groups", admin.listGroups().all().get().stream().map(group -> group.groupId()).toList());
      case "group-type":
        return groupType(asked);
      case "describe-group":
        return describeGroup(asked);
      case "delete-group":
        return done(admin.deleteConsumerGroups(List.of(group(asked))).all());
      default:
        throw new UnsupportedOperationException(asked.get("command").asText());
    }
  }

  private static String topic(JsonNode asked) {
    return asked.get("topic").asText();
  }

  private static String group(JsonNode asked) {
    return asked.get("group").asText();
  }

  private static TopicPartition partition(JsonNode asked) {
    return new TopicPartition(topic(asked), asked.get("partition").asInt());
  }

  private static ConfigResource resource(JsonNode asked) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic(asked));
  }

  private static String textOf(JsonNode node) {
    return node == null || node.isNull() ? null : node.asText();
  }

  private static Map<String, Object> done(Future<?> future) throws Exception {
    future.get();
    return Map.of();
  }

  private Map<String, Object> createTopic(JsonNode asked) throws Exception {
    Map<String, String> configs = new HashMap<>();
    asked.get("configs").fields().forEachRemaining(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
    NewTopic wanted = new NewTopic(topic(asked), asked.get("partitions").asInt(), (short) asked.get("replicationFactor").asInt());
    return done(admin.createTopics(List.of(wanted.configs(configs))).all());
  }

  private Map<String, Object> setTopicConfig(JsonNode asked) throws Exception {
    ConfigEntry entry = new ConfigEntry(asked.get("name").asText(), asked.get("value").asText());
    AlterConfigOp op = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
    return done(admin.incrementalAlterConfigs(Map.of(resource(asked), List.of(op))).all());
  }

  private Map<String, Object> topicConfig(JsonNode asked) throws Exception {
    ConfigEntry entry = admin.describeConfigs(List.of(resource(asked))).all().get().get(resource(asked)).get(asked.get("name").asText());
    Map<String, Object> answer = new HashMap<>();
    answer.put("value", entry == null ? null : entry.value());
    return answer;
  }

  private Map<String, Object> deleteRecords(JsonNode asked) throws Exception {
    TopicPartition target = partition(asked);
    RecordsToDelete before = RecordsToDelete.beforeOffset(asked.get("before").asLong());
    return Map.of("startOffset", admin.deleteRecords(Map.of(target, before)).lowWatermarks().get(target).get().lowWatermark());
  }

  private KafkaProducer<String, String> producer(JsonNode asked) {
    String acks = asked.get("acks").asText();
    String compression = asked.get("compression").asText();
    boolean isIdempotent = asked.get("isIdempotent").asBoolean();
    return producers.computeIfAbsent(
        acks + compression + isIdempotent,
        key ->
            new KafkaProducer<>(
                settings("acks", acks, "compression.type", compression, "enable.idempotence", isIdempotent, "linger.ms", 5),
                new StringSerializer(),
                new StringSerializer()));
  }

  private Map<String, Object> produce(JsonNode asked) throws Exception {
    KafkaProducer<String, String> producer = producer(asked);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode record : asked.get("records")) {
      Long timestamp = record.hasNonNull("timestampMs") ? record.get("timestampMs").asLong() : null;
      ProducerRecord<String, String> made =
          new ProducerRecord<>(topic(asked), asked.get("partition").asInt(), timestamp, textOf(record.get("key")), textOf(record.get("value")));
      record.get("headers").forEach(header -> made.headers().add(header.get(0).asText(), header.get(1).asText().getBytes(StandardCharsets.UTF_8)));
      sent.add(producer.send(made));
    }
    List<Long> offsets = new ArrayList<>();
    for (Future<RecordMetadata> one : sent) {
      RecordMetadata metadata = one.get();
      offsets.add(metadata.hasOffset() ? metadata.offset() : null);
    }
    return Map.of("offsets", offsets);
  }

  private KafkaConsumer<String, String> consumer(Object... pairs) {
    return new KafkaConsumer<>(settings(pairs), new StringDeserializer(), new StringDeserializer());
  }

  private Map<String, Object> read(JsonNode asked) {
    TopicPartition target = partition(asked);
    int count = asked.get("count").asInt();
    JsonNode from = asked.get("from");
    List<Map<String, Object>> records = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = consumer("enable.auto.commit", false, "fetch.max.wait.ms", 100)) {
      consumer.assign(List.of(target));
      if (from.isObject()) {
        consumer.seek(target, consumer.offsetsForTimes(Map.of(target, from.get("timestampMs").asLong())).get(target).offset());
      } else if (from.asText().equals("earliest")) {
        consumer.seekToBeginning(List.of(target));
      } else {
        consumer.seekToEnd(List.of(target));
        consumer.position(target);
        say(Map.of("event", "positioned"));
      }
      while (records.size() < count) consumer.poll(SOON).forEach(record -> records.add(stored(record)));
    }
    return Map.of("records", records.subList(0, count));
  }

  private static Map<String, Object> stored(ConsumerRecord<String, String> record) {
    List<List<String>> headers = new ArrayList<>();
    for (Header header : record.headers()) headers.add(List.of(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    Map<String, Object> stored = new LinkedHashMap<>();
    stored.put("offset", record.offset());
    stored.put("key", record.key());
    stored.put("value", record.value());
    stored.put("headers", headers);
    stored.put("timestampMs", record.timestamp());
    return stored;
  }

  private Map<String, Object> join(JsonNode asked) {
    List<Object> given =
        new ArrayList<>(List.of("group.id", group(asked), "auto.offset.reset", "earliest", "enable.auto.commit", false, "fetch.max.wait.ms", 100));
    // By the consumer protocol it is the coordinator who says when to send heartbeats, and how long it waits for them.
    if (asked.get("protocol").asText().equals("consumer")) given.addAll(List.of("group.protocol", "consumer"));
    else given.addAll(List.of("session.timeout.ms", 6000, "heartbeat.interval.ms", 300));
    KafkaConsumer<String, String> consumer = consumer(given.toArray());
    Member member = new Member(new CountDownLatch(1), new CountDownLatch(1));
    synchronized (members) {
      members.add(member);
    }
    ConsumerRebalanceListener listener = new AssignmentTeller();
    if (topic(asked).startsWith("^")) consumer.subscribe(new SubscriptionPattern(topic(asked)), listener);
    else consumer.subscribe(List.of(topic(asked)), listener);
    Thread thread = new Thread(() -> beMember(consumer, member));
    thread.setDaemon(true);
    thread.start();
    return Map.of();
  }

  /** Tells all that a member has, though a listener is told only what comes and what goes. */
  private static class AssignmentTeller implements ConsumerRebalanceListener {
    private final Set<TopicPartition> all = new HashSet<>();

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      all.removeAll(revoked);
      tell();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      all.addAll(assigned);
      tell();
    }

    private void tell() {
      say(Map.of("event", "assigned", "partitions", all.stream().map(TopicPartition::partition).sorted().toList()));
    }
  }

  private void beMember(KafkaConsumer<String, String> consumer, Member member) {
    while (member.stopping().getCount() > 0) {
      try {
        ConsumerRecords<String, String> polled = consumer.poll(SOON);
        for (TopicPartition target : polled.partitions()) {
          List<List<Object>> records = new ArrayList<>();
          for (ConsumerRecord<String, String> record : polled.records(target)) records.add(List.of(record.offset(), record.value()));
          say(Map.of("event", "records", "partition", target.partition(), "records", records));
        }
        if (!polled.isEmpty()) consumer.commitSync();
      } catch (CommitFailedException | RetriableException error) {
        // A rebalance, or a broker that has gone: what was not committed is read again.
        say(Map.of("event", "member-error", "error", error.getClass().getSimpleName()));
      } catch (KafkaException error) {
        say(Map.of("event", "member-ended", "error", error.getClass().getSimpleName()));
        break;
      }
    }
    consumer.close();
    member.stopped().countDown();
  }

  private Map<String, Object> leave() throws InterruptedException {
    List<Member> all;
    synchronized (members) {
      all = List.copyOf(members);
      members.clear();
    }
    for (Member member : all) {
      member.stopping().countDown();
      if (!member.stopped().await(30, TimeUnit.SECONDS)) throw new IllegalStateException("a member did not leave");
    }
    return Map.of();
  }

  private Map<String, Object> committed(JsonNode asked) throws Exception {
    List<List<Object>> offsets = new ArrayList<>();
    admin
        .listConsumerGroupOffsets(group(asked))
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach(
            (target, known) -> {
              if (target.topic().equals(topic(asked)) && known != null) offsets.add(List.of(target.partition(), known.offset()));
            });
    return Map.of("offsets", offsets);
  }

  private Map<String, Object> groupType(JsonNode asked) throws Exception {
    var listed = admin.listGroups().all().get().stream().filter(one -> one.groupId().equals(group(asked))).findFirst().orElseThrow();
    var described = admin.describeConsumerGroups(List.of(group(asked))).all().get().get(group(asked));
    if (listed.type().orElseThrow() != described.type()) throw new IllegalStateException("listed as " + listed.type() + ", described as " + described.type());
    return Map.of("type", described.type().toString());
  }

  private Map<String, Object> describeGroup(JsonNode asked) throws Exception {
    var described = admin.describeConsumerGroups(List.of(group(asked))).all().get().get(group(asked));
    return Map.of("state", described.groupState().toString(), "members", described.members().size());
  }
}
