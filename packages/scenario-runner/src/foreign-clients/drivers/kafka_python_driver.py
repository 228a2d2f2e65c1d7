"""kafka-python, obeying lines."""

import sys
import threading
import time

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from line_driver import LineDriver, encoded, text

# kafka-python 3.0.12 forgets an assignment whose SyncGroup is answered after the poll that began the rebalance has timed out, if it began
# because the topic's partitions had become known; so a poll lasts longer than a rebalance. It returns at once when there are records.
MEMBER_POLL_MS = 3000

COMPRESSION = {"none": None, "gzip": "gzip", "snappy": "snappy", "lz4": "lz4", "zstd": "zstd"}


class Listener(ConsumerRebalanceListener):
    def __init__(self, driver):
        self.driver = driver

    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        self.driver.say({"event": "assigned", "partitions": sorted(one.partition for one in assigned)})


class KafkaPython(LineDriver):
    def __init__(self, bootstrap):
        super().__init__(bootstrap)
        self.producers = {}
        self.members = []

    def name_of(self, error):
        return getattr(error, "message", None) or type(error).__name__

    def admin(self):
        return KafkaAdminClient(bootstrap_servers=self.bootstrap)

    def with_admin(self, use):
        admin = self.admin()
        try:
            return use(admin)
        finally:
            admin.close()

    def close(self):
        self.leave()
        for producer in self.producers.values():
            producer.close(timeout=5)

    def create_topic(self, topic, partitions, replicationFactor, configs):
        wanted = {topic: {"num_partitions": partitions, "replication_factor": replicationFactor, "configs": configs}}
        self.with_admin(lambda admin: admin.create_topics(wanted, wait_for_metadata=True))

    def delete_topic(self, topic):
        self.with_admin(lambda admin: admin.delete_topics([topic]))

    def list_topics(self):
        return {"topics": list(self.with_admin(lambda admin: admin.list_topics()))}

    def grow_topic(self, topic, partitions):
        self.with_admin(lambda admin: admin.create_partitions({topic: partitions}))

    def set_topic_config(self, topic, name, value):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        self.with_admin(lambda admin: admin.alter_configs([resource]))

    def topic_config(self, topic, name):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        described = self.with_admin(lambda admin: admin.describe_configs([resource], config_filter="all"))
        return {"value": self.find_config(described, name)}

    def find_config(self, described, name):
        if isinstance(described, dict):
            if name in described:
                found = described[name]
                return found.get("value") if isinstance(found, dict) else found
            described = list(described.values())
        if isinstance(described, (list, tuple)):
            for one in described:
                if isinstance(one, dict) and one.get("name") == name:
                    return one.get("value")
                found = self.find_config(one, name) if isinstance(one, (dict, list, tuple)) else None
                if found is not None:
                    return found
        return None

    def delete_records(self, topic, partition, before):
        target = TopicPartition(topic, partition)
        self.with_admin(lambda admin: admin.delete_records({target: before}))
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap)
        try:
            return {"startOffset": consumer.beginning_offsets([target])[target]}
        finally:
            consumer.close()

    def producer(self, acks, compression, is_idempotent):
        key = (acks, compression, is_idempotent)
        if key not in self.producers:
            self.producers[key] = KafkaProducer(
                bootstrap_servers=self.bootstrap,
                acks=acks,
                compression_type=COMPRESSION[compression],
                enable_idempotence=is_idempotent,
                linger_ms=5,
                retry_backoff_ms=50,
                reconnect_backoff_max_ms=500,
            )
        return self.producers[key]

    def produce(self, topic, partition, acks, compression, isIdempotent, records):
        producer = self.producer(acks, compression, isIdempotent)
        futures = [
            producer.send(
                topic,
                key=encoded(record["key"]),
                value=encoded(record["value"]),
                headers=[(name, encoded(value)) for name, value in record["headers"]],
                partition=partition,
                timestamp_ms=record.get("timestampMs"),
            )
            for record in records
        ]
        offsets = [future.get(timeout=120).offset for future in futures]
        return {"offsets": [offset if offset is not None and offset >= 0 else None for offset in offsets]}

    def read(self, topic, partition, count, **where):
        target = TopicPartition(topic, partition)
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None, enable_auto_commit=False, fetch_max_wait_ms=100)
        try:
            consumer.assign([target])
            self.seek(consumer, target, where["from"])
            records = []
            while len(records) < count:
                for polled in consumer.poll(timeout_ms=100).values():
                    records.extend(polled)
            return {"records": [self.stored(record) for record in records[:count]]}
        finally:
            consumer.close()

    def seek(self, consumer, target, where):
        if where == "earliest":
            consumer.seek_to_beginning(target)
        elif where == "latest":
            consumer.seek_to_end(target)
            consumer.position(target)
            self.say({"event": "positioned"})
        else:
            consumer.seek(target, consumer.offsets_for_times({target: where["timestampMs"]})[target].offset)

    def stored(self, record):
        return {
            "offset": record.offset,
            "key": text(record.key),
            "value": text(record.value),
            "headers": [(name, text(value)) for name, value in record.headers],
            "timestampMs": record.timestamp,
        }

    def join(self, group, topic, protocol):
        assert protocol == "classic", "kafka-python has no KIP-848"
        stopping, stopped = threading.Event(), threading.Event()
        self.members.append((stopping, stopped))
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=6000,
            heartbeat_interval_ms=300,
            fetch_max_wait_ms=100,
            retry_backoff_ms=50,
            reconnect_backoff_max_ms=500,
        )
        consumer.subscribe([topic], listener=Listener(self))
        threading.Thread(target=self.be_member, args=(consumer, stopping, stopped), daemon=True).start()

    def be_member(self, consumer, stopping, stopped):
        while not stopping.is_set():
            try:
                polled = consumer.poll(timeout_ms=MEMBER_POLL_MS)
                for target, records in polled.items():
                    values = [(record.offset, text(record.value)) for record in records]
                    self.say({"event": "records", "partition": target.partition, "records": values})
                if polled:
                    consumer.commit()
            except Exception as error:  # a rebalance, or a broker that has gone: what was not committed is read again
                self.say({"event": "member-error", "error": self.name_of(error)})
                time.sleep(0.05)
        consumer.close()
        stopped.set()

    def leave(self):
        for stopping, stopped in self.members:
            stopping.set()
            if not stopped.wait(30):
                raise TimeoutError("a member did not leave")
        self.members = []

    def committed(self, group, topic, partitions):
        offsets = self.with_admin(lambda admin: admin.list_group_offsets(group))
        found = offsets[group] if group in offsets else offsets
        return {"offsets": sorted((at.partition, known.offset) for at, known in found.items() if at.topic == topic and known.offset >= 0)}

    def list_groups(self):
        listed = self.with_admin(lambda admin: admin.list_groups())
        return {"groups": [group["group_id"] if isinstance(group, dict) else group[0] for group in listed]}

    def describe_group(self, group):
        described = self.with_admin(lambda admin: admin.describe_groups([group]))[group]
        return {"state": described["group_state"], "members": len(described["members"])}

    def delete_group(self, group):
        self.with_admin(lambda admin: admin.delete_groups([group]))


KafkaPython(sys.argv[-1]).run()
