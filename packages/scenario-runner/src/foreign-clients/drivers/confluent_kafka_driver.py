"""confluent-kafka, which is librdkafka, obeying lines."""

import sys
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition, ConsumerGroupTopicPartitions, OFFSET_BEGINNING, OFFSET_END
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

from line_driver import LineDriver, encoded, text

TIMEOUT_S = 30
SOON = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 500, "retry.backoff.ms": 50}


class ConfluentKafka(LineDriver):
    def __init__(self, bootstrap):
        super().__init__(bootstrap)
        self.producers = {}
        self.members = []
        self.admin = AdminClient(self.settings())

    def settings(self, more=None):
        return {"bootstrap.servers": self.bootstrap, "log_level": 0, **SOON, **(more or {})}

    def name_of(self, error):
        known = error.args[0] if isinstance(error, KafkaException) and error.args else error
        return known.name() if isinstance(known, KafkaError) else type(error).__name__

    def close(self):
        self.leave()
        for producer in self.producers.values():
            producer.flush(5)

    def done(self, futures):
        return {key: future.result(TIMEOUT_S) for key, future in futures.items()}

    def create_topic(self, topic, partitions, replicationFactor, configs):
        self.done(self.admin.create_topics([NewTopic(topic, partitions, replicationFactor, config=configs)]))

    def delete_topic(self, topic):
        self.done(self.admin.delete_topics([topic]))

    def list_topics(self):
        return {"topics": list(self.admin.list_topics(timeout=TIMEOUT_S).topics)}

    def grow_topic(self, topic, partitions):
        self.done(self.admin.create_partitions([NewPartitions(topic, partitions)]))

    def set_topic_config(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        self.done(self.admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])]))

    def topic_config(self, topic, name):
        described = self.done(self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
        (entries,) = described.values()
        return {"value": entries[name].value if name in entries else None}

    def delete_records(self, topic, partition, before):
        (deleted,) = self.done(self.admin.delete_records([TopicPartition(topic, partition, before)])).values()
        return {"startOffset": deleted.low_watermark}

    def producer(self, acks, compression, is_idempotent):
        key = (acks, compression, is_idempotent)
        if key not in self.producers:
            given = {"acks": acks, "compression.type": compression, "enable.idempotence": is_idempotent, "linger.ms": 5}
            self.producers[key] = Producer(self.settings(given))
        return self.producers[key]

    def produce(self, topic, partition, acks, compression, isIdempotent, records):
        producer = self.producer(acks, compression, isIdempotent)
        outcomes = [None] * len(records)
        def delivered(index):
            def told(error, message):
                outcomes[index] = (error, None if error else message.offset())

            return told

        for index, record in enumerate(records):
            stamp = {} if record.get("timestampMs") is None else {"timestamp": record["timestampMs"]}
            headers = [(name, encoded(value)) for name, value in record["headers"]]
            producer.produce(
                topic,
                key=encoded(record["key"]),
                value=encoded(record["value"]),
                headers=headers,
                partition=partition,
                on_delivery=delivered(index),
                **stamp,
            )
        while any(outcome is None for outcome in outcomes):
            producer.poll(0.05)
        for error, _ in outcomes:
            if error is not None:
                raise KafkaException(error)
        return {"offsets": [offset if acks != 0 and offset is not None and offset >= 0 else None for _, offset in outcomes]}

    def read(self, topic, partition, count, **where):
        consumer = Consumer(self.settings({"group.id": "reading", "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 100}))
        try:
            consumer.assign([TopicPartition(topic, partition, self.start(consumer, topic, partition, where["from"]))])
            records = []
            while len(records) < count:
                message = consumer.poll(0.1)
                if message is None:
                    continue
                if message.error() is None:
                    records.append(self.stored(message))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    if where["from"] == "latest":
                        self.say({"event": "positioned"})
                else:
                    raise KafkaException(message.error())
            return {"records": records}
        finally:
            consumer.close()

    def start(self, consumer, topic, partition, where):
        if where == "earliest":
            return OFFSET_BEGINNING
        if where == "latest":
            return OFFSET_END
        (found,) = consumer.offsets_for_times([TopicPartition(topic, partition, where["timestampMs"])], timeout=TIMEOUT_S)
        return found.offset

    def stored(self, message):
        _, timestamp = message.timestamp()
        return {
            "offset": message.offset(),
            "key": text(message.key()),
            "value": text(message.value()),
            "headers": [(name, text(value)) for name, value in message.headers() or []],
            "timestampMs": timestamp,
        }

    def join(self, group, topic, protocol):
        given = {
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
        }
        # By the consumer protocol it is the coordinator who says when to send heartbeats, and how long it waits for them.
        given |= {"group.protocol": "consumer"} if protocol == "consumer" else {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300}
        consumer = Consumer(self.settings(given))
        stopping, stopped = threading.Event(), threading.Event()
        self.members.append((stopping, stopped))
        # All that it has, though it is told only what comes and what goes.
        has = set()

        def tell():
            self.say({"event": "assigned", "partitions": sorted(partition for _, partition in has)})

        def on_assign(_, assigned):
            has.update((one.topic, one.partition) for one in assigned)
            tell()

        def on_revoke(_, revoked):
            has.difference_update((one.topic, one.partition) for one in revoked)
            tell()

        consumer.subscribe([topic], on_assign=on_assign, on_revoke=on_revoke)
        threading.Thread(target=self.be_member, args=(consumer, stopping, stopped), daemon=True).start()

    def be_member(self, consumer, stopping, stopped):
        while not stopping.is_set():
            polled = consumer.consume(500, 0.1)
            for message in polled:
                if message.error() is not None:
                    self.say({"event": "member-error", "error": message.error().name()})
            messages = [message for message in polled if message.error() is None]
            for message in messages:
                self.say({"event": "records", "partition": message.partition(), "records": [(message.offset(), text(message.value()))]})
            try:
                if messages:
                    consumer.commit(asynchronous=False)
            except KafkaException as error:  # a rebalance, or a broker that has gone: what was not committed is read again
                self.say({"event": "member-error", "error": self.name_of(error)})
        consumer.close()
        stopped.set()

    def leave(self):
        for stopping, stopped in self.members:
            stopping.set()
            if not stopped.wait(30):
                raise TimeoutError("a member did not leave")
        self.members = []

    def committed(self, group, topic, partitions):
        asked = [TopicPartition(topic, partition) for partition in range(partitions)]
        (found,) = self.done(self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, asked)])).values()
        return {"offsets": [(one.partition, one.offset) for one in found.topic_partitions if one.offset >= 0]}

    def list_groups(self):
        listed = self.admin.list_consumer_groups().result(TIMEOUT_S)
        return {"groups": [group.group_id for group in listed.valid]}

    def group_type(self, group):
        listed = self.admin.list_consumer_groups().result(TIMEOUT_S)
        (found,) = [one for one in listed.valid if one.group_id == group]
        return {"type": found.type.name.capitalize()}

    def describe_group(self, group):
        described = self.done(self.admin.describe_consumer_groups([group]))[group]
        return {"state": "".join(part.capitalize() for part in described.state.name.split("_")), "members": len(described.members)}

    def delete_group(self, group):
        self.done(self.admin.delete_consumer_groups([group]))


ConfluentKafka(sys.argv[-1]).run()
