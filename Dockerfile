# syntax-free on purpose: it builds with the classic builder and with BuildKit.
FROM node:24-bookworm-slim AS build
WORKDIR /samsa
COPY . .
# The image has what the package has, and what that loads at run time, in the versions of the lock file. Node is in the base image.
RUN npm ci --ignore-scripts && node scripts/pack-samsa.ts dist/samsa \
 && node docker/copy-dependencies.mjs dist/samsa node_modules dist/samsa/node_modules \
 && for script in dist/samsa/bin/*.sh; do ln -s "$(basename "$script")" "${script%.sh}"; done

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/samsa
COPY --from=build /samsa/dist/samsa ./
COPY docker/server.properties docker/controller.properties /etc/samsa/
COPY docker/healthcheck.mjs docker/make-secret.mjs docker/
# Kafka's tools are where Kafka's own images have them. Volumes take over owner and mode of the directories that they first cover.
RUN ln -s samsa /opt/kafka \
 && useradd --system --uid 1092 --no-create-home samsa \
 && install -d -o samsa -g samsa -m 0700 /var/lib/samsa /run/samsa
# LOG_DIR: where kafka-server-start -daemon writes, for the user of the image can't write beside the commands.
ENV PATH=/opt/kafka/bin:$PATH LOG_DIR=/tmp/samsa-logs
USER samsa
VOLUME ["/var/lib/samsa"]
EXPOSE 9092
HEALTHCHECK --interval=2s --timeout=2s --start-period=10s --retries=5 CMD ["node", "/opt/samsa/docker/healthcheck.mjs", "9092"]
STOPSIGNAL SIGTERM
# Exec form: the node itself receives the signal, moves its leaderships away and stops.
ENTRYPOINT ["node", "/opt/samsa/dist/samsa.mjs"]
CMD ["broker", "--config", "/etc/samsa/server.properties"]
