# syntax-free on purpose: it builds with the classic builder and with BuildKit.
FROM node:24-bookworm-slim AS build
WORKDIR /samsa
COPY . .
RUN npm ci --ignore-scripts && npm run build
# What the bundle loads at run time: the logger, the CRC's native addon and the client of the scenarios. Node is in the base image.
RUN npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/node-* node_modules/@samsa node_modules/samsa node_modules/raft-ts node_modules/typescript node_modules/@typescript node_modules/.bin

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/samsa
COPY --from=build /samsa/node_modules node_modules
COPY --from=build /samsa/dist/samsa.mjs /samsa/dist/samsa.mjs.map ./
COPY docker/server.properties docker/controller.properties /etc/samsa/
COPY docker/healthcheck.mjs docker/make-secret.mjs docker/
# Volumes take over owner and mode of the directories that they first cover.
RUN useradd --system --uid 1092 --no-create-home samsa \
 && install -d -o samsa -g samsa -m 0700 /var/lib/samsa /run/samsa
USER samsa
VOLUME ["/var/lib/samsa"]
EXPOSE 9092
HEALTHCHECK --interval=2s --timeout=2s --start-period=10s --retries=5 CMD ["node", "/opt/samsa/docker/healthcheck.mjs", "9092"]
STOPSIGNAL SIGTERM
# Exec form: the node itself receives the signal, moves its leaderships away and stops.
ENTRYPOINT ["node", "/opt/samsa/samsa.mjs"]
CMD ["broker", "--config", "/etc/samsa/server.properties"]
