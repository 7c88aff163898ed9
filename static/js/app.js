// Behaviours are custom elements: they come and go with the HTML that htmx swaps, with no glue.
import "./elements/due-time.js";
import "./elements/hot-keys.js";
import "./elements/command-palette.js";
import "./elements/auto-grow.js";
import "./elements/send-keys.js";
import "./elements/promise-picker.js";
import "./elements/keep-draft.js";
import "./elements/mention-box.js";
import "./elements/macro-picker.js";
import "./elements/undo-send.js";
import "./elements/attach-files.js";
import "./elements/live-queue.js";
import "./elements/live-part.js";
import "./elements/print-page.js";
import "./elements/bulk-select.js";
import "./elements/here-now.js";
import "./elements/row-presence.js";
