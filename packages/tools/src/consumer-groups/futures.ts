import { asJavaException, executionException, runtimeException } from "../java-exception.ts";

/** What the cluster refuses is wrapped once: Java's tool hears of it from a future. */
export async function answerOf<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw executionException(asJavaException(error));
  }
}

/** Wrapped twice: Java's tool may not throw there what it hears. */
export async function uncheckedAnswerOf<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answerOf(answer);
  } catch (error) {
    throw runtimeException(asJavaException(error));
  }
}
