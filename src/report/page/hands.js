/* What mouse, fingers and keys do to the timeline. */

Object.assign(Timeline.prototype, {
  listen() {
    const { canvas } = this;
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("wheel", event => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      const [x, y] = place(event);
      if (sideways) {
        this.pan(event.deltaX || event.deltaY);
      } else if (event.ctrlKey || document.activeElement === canvas) {
        if (event.deltaY > 0 && this.to - this.from >= this.end)
          return; /* all is in sight: the page scrolls */
        this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 250))), x);
      } else {
        return;
      }
      event.preventDefault();
      this.hover(x, y);
    }, { passive: false });

    const pointers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", event => {
      pointers.set(event.pointerId, place(event));
      moved = pointers.size > 1 ? 100 : 0;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", event => {
      const [x, y] = place(event);
      const before = pointers.get(event.pointerId);
      if (!before) {
        this.hover(x, y);
        return;
      }
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      if (others.length) {
        const far = Math.max(Math.abs(before[0] - others[0][0]), 8), now = Math.max(Math.abs(x - others[0][0]), 8);
        this.zoom(far / now, others[0][0]);
      } else {
        this.pan(before[0] - x);
        if (event.pointerType === "mouse" && this.lanesHeight < this.data.head.lanes.length * this.laneHeight)
          this.scrollTo(this.top + before[1] - y);
      }
      moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
      pointers.set(event.pointerId, [x, y]);
      this.hide();
    });
    const release = event => {
      const here = pointers.delete(event.pointerId);
      if (here && event.type === "pointerup" && moved < 8) {
        const span = this.find(...place(event));
        if (span >= 0)
          this.choose(span);
      }
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.hide());
    canvas.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.chart);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
  },

  resize() {
    this.measure();
    this.redraw();
  },

  key(event) {
    const keys = {
      ArrowLeft: () => this.pan(-this.width / 8), ArrowRight: () => this.pan(this.width / 8),
      ArrowUp: () => this.stepLane(-1), ArrowDown: () => this.stepLane(1),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.look(0, this.end),
      ",": () => this.step(-1), ".": () => this.step(1), n: () => this.stepFailure(1), p: () => this.stepFailure(-1),
      Enter: () => this.selected >= 0 && this.open(this.selected, true),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey)
      return;
    event.preventDefault();
    keys[event.key]();
  },
});
