import { expect, test } from "vitest";
import { markup, scriptData } from "../../src/report/html/markup.ts";

test("what is put into markup is escaped, in elements and in attributes, and markup is not", () => {
  const name = `<b title="a" id='b'>&</b>`;
  const inner = markup`<i>${name}</i>`;
  expect(markup`<p class="${name}">${inner}${[inner, inner]}${7}</p>`.text).toBe(
    `<p class="${"&lt;b title=&quot;a&quot; id=&#39;b&#39;&gt;&amp;&lt;/b&gt;"}">${"<i>&lt;b title=&quot;a&quot; id=&#39;b&#39;&gt;&amp;&lt;/b&gt;</i>".repeat(3)}7</p>`,
  );
});

test("what no document can hold is replaced", () => {
  expect(markup`${"a\u0000b\uD800c\u{1F451}\uDC00"}`.text).toBe("a\uFFFDb\uFFFDc\u{1F451}\uFFFD");
});

test("data can't end the element they are in, and are what they were", () => {
  const data = { text: "</script><!--\u2028" };
  expect(scriptData(data).text).not.toContain("<");
  expect(JSON.parse(scriptData(data).text)).toEqual(data);
});
