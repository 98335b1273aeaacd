"""Self-made texts of the kinds that fill context windows, for benches and simulations.

Each is varied prose or code, not one line repeated: tokenizers and branch predictors
both profit from repetition.
"""

# ruff: noqa: E501 - long lines are part of the kinds
from __future__ import annotations

import random

ENGLISH = """The bridge had been closed for three weeks when the letter arrived. Nobody
in the village had expected the council to answer, least of all in writing, and Margaret
read it aloud twice before anyone believed her. The repairs would take until autumn, it
said, because the northern pier had shifted by eleven centimetres and the original
drawings were missing from the county archive. In the meantime a ferry would run on
weekdays between seven in the morning and half past eight at night. People laughed at
that. The last ferryman had retired before most of them were born, and his boat now held
geraniums outside the post office. Still, by the following Tuesday two young men with a
trailer had put a flat white vessel into the water, tested the engine, and painted a
timetable on a board. It was not elegant, but it worked. Children rode across for the
pleasure of it; farmers complained about the price; and the baker, who had lost half his
customers when the bridge closed, began to sell warm rolls on the landing stage at dawn.
"We ought to have done this years ago," he said, counting coins. Whether he meant the
ferry or the rolls was never quite clear, and nobody asked him to explain. When you plan
a migration of this size, decide first what may be lost. We kept the old table for one
release, wrote to both, compared row counts every night, and only then removed it. The
whole change took nine days, two of which were spent waiting for a review."""

PYTHON = '''from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Iterator, Self


@dataclass(frozen=True)
class Interval:
    """A half-open range of minutes; `stop` is not inside."""

    start: int
    stop: int
    labels: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.stop < self.start:
            raise ValueError(f"stop {self.stop} lies before start {self.start}")

    def overlaps(self, other: Self) -> bool:
        return self.start < other.stop and other.start < self.stop

    def split(self, at: int) -> tuple[Self, Self]:
        if not self.start <= at <= self.stop:
            raise IndexError(at)
        return type(self)(self.start, at, self.labels), type(self)(at, self.stop)


def merged(intervals: list[Interval]) -> Iterator[Interval]:
    current: Interval | None = None
    for interval in sorted(intervals, key=lambda each: (each.start, each.stop)):
        if current is None or not current.overlaps(interval):
            if current is not None:
                yield current
            current = interval
        else:
            labels = dict.fromkeys(itertools.chain(current.labels, interval.labels))
            current = Interval(current.start, max(current.stop, interval.stop), tuple(labels))
    if current is not None:
        yield current


async def load_shift_plan(client, *, week: int, retries: int = 3) -> list[Interval]:
    for attempt in range(retries):
        response = await client.get(f"/plans/{week}", params={"format": "minutes"})
        if response.status_code == 200:
            return [Interval(row["from"], row["to"]) for row in response.json()["rows"]]
        await asyncio.sleep(0.5 * 2**attempt)
    raise TimeoutError(f"week {week}: gave up after {retries} attempts")
'''

JAVASCRIPT = """import { debounce, groupBy } from "./collections.js";

const ENDPOINT = "/api/orders";
export class OrderTable extends HTMLElement {
  static observedAttributes = ["status", "page-size"];
  #rows = new Map();
  #controller = null;

  connectedCallback() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-order]");
      if (button) this.#toggle(Number(button.dataset.order));
    });
    this.refresh = debounce(this.refresh.bind(this), 150);
    this.refresh();
  }

  async refresh({ force = false } = {}) {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const query = new URLSearchParams({ status: this.getAttribute("status") ?? "open" });
    try {
      const response = await fetch(`${ENDPOINT}?${query}`, {
        signal: this.#controller.signal,
        cache: force ? "reload" : "default",
      });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { orders, total } = await response.json();
      for (const order of orders) this.#rows.set(order.id, { ...order, isOpen: false });
      this.dispatchEvent(new CustomEvent("orders-loaded", { detail: { total } }));
    } catch (error) {
      if (error.name !== "AbortError") console.error("could not load orders", error);
    }
  }

  get byCustomer() {
    return groupBy([...this.#rows.values()], (row) => row.customer?.name || "unknown");
  }
}
customElements.define("order-table", OrderTable);
"""

C_CODE = """#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "ring_buffer.h"

#define RING_MASK(ring) ((ring)->capacity - 1u)
#ifndef likely
#  define likely(x) __builtin_expect(!!(x), 1)
#endif

struct ring_buffer {
    uint8_t *data;
    size_t   capacity;      /* always a power of two */
    _Atomic size_t head;
    _Atomic size_t tail;
};

int ring_init(struct ring_buffer *ring, size_t capacity)
{
    if (ring == NULL || capacity == 0 || (capacity & (capacity - 1)) != 0)
        return -EINVAL;
    ring->data = calloc(capacity, sizeof(*ring->data));
    if (!ring->data)
        return -ENOMEM;
    ring->capacity = capacity;
    atomic_store_explicit(&ring->head, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, 0, memory_order_relaxed);
    return 0;
}

size_t ring_write(struct ring_buffer *ring, const void *source, size_t length)
{
    const size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    const size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t space = ring->capacity - (head - tail);
    size_t count = length < space ? length : space;
    size_t first = ring->capacity - (head & RING_MASK(ring));

    if (first > count)
        first = count;
    memcpy(ring->data + (head & RING_MASK(ring)), source, first);
    if (likely(count > first))
        memcpy(ring->data, (const uint8_t *)source + first, count - first);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
    return count;
}
"""

SHELL = """#!/usr/bin/env bash
set -euo pipefail
readonly ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
BACKUP_DIR="${BACKUP_DIR:-/var/backups/shop}"
log() { printf '%s %s\\n' "$(date -u +%FT%TZ)" "$*" >&2; }

for tool in pg_dump zstd rsync; do
  command -v "$tool" >/dev/null || { log "missing: $tool"; exit 127; }
done
mkdir -p "$BACKUP_DIR" && chmod 0750 "$BACKUP_DIR"
target="$BACKUP_DIR/$(hostname -s)-$(date +%Y%m%d%H%M).sql.zst"
pg_dump --format=plain --no-owner "$DATABASE_URL" | zstd -T0 -9 -o "$target.part"
mv "$target.part" "$target"
find "$BACKUP_DIR" -name '*.sql.zst' -mtime +"${KEEP_DAYS:-14}" -print -delete | sed 's/^/deleted /'
if [[ -n "${REMOTE:-}" ]]; then
  rsync -a --partial -e 'ssh -o BatchMode=yes' "$BACKUP_DIR/" "$REMOTE:$(hostname -s)/"
fi
awk -F: '$3 >= 1000 && $7 !~ /nologin/ { print $1 }' /etc/passwd | xargs -r -n1 -I{} du -sh /home/{}
log "wrote $target ($(stat -c %s "$target") bytes)"
"""

JSON = """{"orders": [
  {"id": 481516, "customer": {"name": "Ines Duarte", "email": "ines@example.org"},
   "status": "shipped", "total": 129.95, "currency": "EUR", "created_at": "2026-03-14T09:26:53Z",
   "lines": [{"sku": "LMP-0042-BR", "quantity": 2, "price": 39.5, "tags": ["lamp", "brass"]},
             {"sku": "CBL-1180", "quantity": 1, "price": 50.95, "tags": []}]},
  {"id": 481517, "customer": {"name": "Oluwaseun Adeyemi", "email": null},
   "status": "pending", "total": 0, "currency": "NGN", "created_at": "2026-03-14T09:31:07Z",
   "lines": [], "note": "calls back on Monday", "is_gift": false},
  {"id": 481518, "customer": {"name": "K. Virtanen", "email": "kv@example.fi"},
   "status": "cancelled", "total": 18.2, "currency": "EUR", "created_at": "2026-03-14T10:02:44Z",
   "refund": {"reason": "damaged", "approved": true, "amount": 18.2, "by": "agent-7"},
   "lines": [{"sku": "MUG-0007-WH", "quantity": 4, "price": 4.55, "tags": ["ceramic"]}]}],
 "page": {"next": "eyJpZCI6NDgxNTE4fQ", "limit": 3, "total": 20817}, "took_ms": 12.75,
 "facets": {"status": {"shipped": 11230, "pending": 5120, "cancelled": 912, "draft": 3555}}}
"""

LOGS = """2026-11-02T06:25:01.114Z INFO  [worker-3] queue.consumer: took 25 jobs in 18.2ms (lag=0)
2026-11-02T06:25:01.377Z WARN  [worker-1] http.client: POST https://pay.example.com/v2/charge 502 after 3021ms, retry 1/5
2026-11-02T06:25:03.902Z ERROR [worker-1] payments.charge: order=481517 attempt=2 ConnectionResetError(104, 'Connection reset by peer')
Traceback (most recent call last):
  File "/srv/app/payments/charge.py", line 88, in charge
    response = self.session.post(url, json=body, timeout=(3, 10))
  File "/srv/app/.venv/lib/python3.12/site-packages/requests/sessions.py", line 637, in post
2026-11-02T06:25:04.000Z DEBUG [sched] cron: next run of 'nightly-report' at 2026-11-03T01:30:00Z
127.0.0.1 - - [02/Nov/2026:06:25:04 +0000] "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.31"
10.8.3.27 - ines [02/Nov/2026:06:25:05 +0000] "PUT /api/orders/481516 HTTP/2.0" 409 181 "-" "Mozilla/5.0 (X11; Linux x86_64)"
Nov  2 06:25:06 db1 postgres[20817]: [7-1] LOG:  checkpoint complete: wrote 3182 buffers (19.4%); 0 WAL file(s) added
Nov  2 06:25:07 db1 kernel: [1048576.482913] oom_reaper: reaped process 31337 (java), now anon-rss:0kB
npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.
tests/orders/test_refund.py::test_partial_refund FAILED                          [ 73%]
E       AssertionError: assert Decimal('18.20') == Decimal('18.2000001')
"""

CHINESE = """桥关闭三个星期之后，那封信终于到了。村里没有人料到委员会会回信，更没有想到会是书面答复。
玛格丽特把信念了两遍，大家才相信。信上说，修理工程要持续到秋天，因为北边的桥墩移动了十一厘米，而且原来的图纸在档案馆里找不到了。
在此期间，平日早上七点到晚上八点半会有渡船往返。人们都笑了起来：上一位船夫退休的时候，他们中的大多数人还没有出生，他的船现在摆在邮局门口种花。
不过到了下个星期二，两个年轻人用拖车把一条白色的平底船放进了水里，试了试发动机，又在木板上写好了时刻表。
系统设计的第一步是确定哪些数据可以丢失，哪些绝对不能丢失。我们把旧表保留了一个版本，同时写入两张表，每天晚上比较行数，确认一致之后才删除旧表。
如果缓存没有命中，请求会直接访问数据库；为了避免瞬间压力过大，需要加锁并设置随机过期时间。"""

RUSSIAN = """Мост был закрыт уже три недели, когда пришло письмо. Никто в деревне не ожидал,
что совет ответит, тем более письменно, и Маргарита прочитала его вслух дважды, прежде чем
ей поверили. Ремонт продлится до осени, говорилось в письме, потому что северная опора
сместилась на одиннадцать сантиметров, а первоначальные чертежи пропали из архива округа.
Тем временем по будням с семи утра до половины девятого вечера будет ходить паром. Люди
смеялись: последний паромщик ушёл на пенсию раньше, чем большинство из них родилось, и в его
лодке у почты теперь росла герань. Но уже в следующий вторник двое молодых людей спустили на
воду плоское белое судно, проверили двигатель и написали расписание на доске. При переносе
данных сначала решите, что можно потерять. Мы оставили старую таблицу на один выпуск, писали
в обе, каждую ночь сравнивали число строк и только потом её удалили."""

VIETNAMESE = """Cây cầu đã đóng cửa được ba tuần thì lá thư đến. Không ai trong làng nghĩ rằng hội
đồng sẽ trả lời, lại càng không nghĩ là bằng văn bản, nên bà Liên phải đọc to hai lần mọi người
mới tin. Thư viết rằng việc sửa chữa sẽ kéo dài đến mùa thu, vì trụ phía bắc đã dịch chuyển mười
một xăng-ti-mét và bản vẽ gốc bị thất lạc trong kho lưu trữ của huyện. Trong thời gian đó, một
chuyến phà sẽ chạy vào các ngày trong tuần từ bảy giờ sáng đến tám giờ rưỡi tối. Mọi người bật
cười: người lái phà cuối cùng đã nghỉ hưu trước khi phần lớn họ ra đời. Khi chuyển dữ liệu, trước
hết hãy quyết định những gì có thể mất. Chúng tôi giữ bảng cũ thêm một phiên bản, ghi vào cả hai,
mỗi đêm so sánh số dòng rồi mới xóa bảng cũ đi."""

ARABIC = """كان الجسر مغلقًا منذ ثلاثة أسابيع عندما وصلت الرسالة. لم يتوقع أحد في القرية أن يجيب
المجلس، ناهيك عن أن يجيب كتابةً، فقرأتها مريم بصوت عالٍ مرتين قبل أن يصدقها الناس. ستستمر أعمال
الإصلاح حتى الخريف، كما جاء فيها، لأن الدعامة الشمالية تحركت أحد عشر سنتيمترًا ولأن الرسوم الأصلية
مفقودة من أرشيف المقاطعة. وفي هذه الأثناء ستعمل عبّارة في أيام الأسبوع من السابعة صباحًا حتى الثامنة
والنصف مساءً. ضحك الناس، فآخر ملاح تقاعد قبل أن يولد معظمهم، وقاربه الآن مليء بالزهور أمام مكتب
البريد. عند نقل البيانات قرّر أولًا ما الذي يمكن فقدانه. أبقينا الجدول القديم إصدارًا واحدًا، وكتبنا في
كليهما، وقارنّا عدد الصفوف كل ليلة، ثم حذفناه."""

EMOJI = """omg the deploy finally went green 🎉🎉🎉 only took 7 tries 😅
lol same here 🙃 CI was 🔥 all morning... did you see what broke? 👀
yeah 🤦‍♀️ someone (me 😇) pushed without the lockfile 💀💀
haha classic 😂 anyway 👏👏 who's in for 🍕 at 12:30? 🙋‍♂️🙋‍♀️
count me in ✅ can we do the new place next to the 🏦 tho? heard it's 💯
sure!! I'll book 📅 6 seats 🪑 ok? also @lena birthday 🎂🎈 tmrw, don't forget 🤫
aww 🥹❤️ thx for the reminder!! card is on my desk 💌 pls sign ✍️🏽
brb standup 🏃‍♀️💨 ttyl 👋😎🌮🚀"""

SAMPLES = {
    "English": ENGLISH,
    "Python": PYTHON,
    "JavaScript": JAVASCRIPT,
    "C": C_CODE,
    "shell": SHELL,
    "JSON": JSON,
    "logs": LOGS,
    "Chinese": CHINESE,
    "Russian": RUSSIAN,
    "Vietnamese": VIETNAMESE,
    "Arabic": ARABIC,
    "emoji chat": EMOJI,
}


def random_text(rng: random.Random, kind: str, characters: int) -> str:
    """About `characters` of one kind: its lines in another order, some cut in two."""
    lines = SAMPLES[kind].splitlines(keepends=True)
    text: list[str] = []
    length = 0
    while length < characters:
        line = rng.choice(lines)
        cut = rng.randrange(len(line)) if rng.random() < 0.3 else 0
        text.append(line[cut:])
        length += len(line) - cut
    return "".join(text)[:characters]
