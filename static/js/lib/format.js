// The browser's half of common/time_formatting.py: the same words, to the character.
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = {
  ja: { second: "秒", minute: "分", hour: "時間", day: "日" },
  en: { second: " s", minute: " min", hour: " h", day: " days" },
};
const WEEKDAYS = {
  ja: ["日", "月", "火", "水", "木", "金", "土"],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// Instants are milliseconds. What remains is floored, what is overdue is ceiled.
export function timeLeft(due, now, language) {
  const japanese = isJapanese(language);
  if (now > due) {
    const late = lateWords(Math.ceil((now - due) / 1000), japanese);
    return japanese ? `${late}超過` : `${late} late`;
  }
  const left = leftWords(Math.floor((due - now) / 1000), japanese);
  return japanese ? `あと${left}` : `${left} left`;
}

export function dueState(due, now, soonMinutes) {
  if (now > due) return "late";
  return due - now <= soonMinutes * MINUTE * 1000 ? "soon" : "later";
}

export function duration(seconds, language) {
  const japanese = isJapanese(language);
  const whole = Math.trunc(seconds);
  return whole < MINUTE ? amount([[whole, "second"]], japanese) : leftWords(whole, japanese);
}

// A wall time as <input type="datetime-local"> writes it; its zone is the reader's business, not ours.
export function formatWall(value, language) {
  const [, year, month, day, clock] = /^(\d+)-(\d+)-(\d+)T(\d\d:\d\d)/.exec(value) ?? [];
  if (!clock) return "";
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  if (isJapanese(language)) return `${+year}年${+month}月${+day}日(${WEEKDAYS.ja[weekday]}) ${clock}`;
  return `${WEEKDAYS.en[weekday]} ${+day} ${MONTHS[month - 1]} ${+year}, ${clock}`;
}

function isJapanese(language) {
  return language.split("-")[0].toLowerCase() === "ja";
}

function leftWords(seconds, japanese) {
  if (seconds < MINUTE) return japanese ? "1分未満" : "less than 1 min";
  if (seconds < DAY) return hoursAndMinutes(Math.floor(seconds / MINUTE), japanese);
  if (seconds < 2 * DAY) return daysAndHours(Math.floor(seconds / HOUR), japanese);
  return amount([[Math.floor(seconds / DAY), "day"]], japanese);
}

function lateWords(seconds, japanese) {
  const [minutes, hours, days] = [MINUTE, HOUR, DAY].map((unit) => Math.ceil(seconds / unit));
  if (minutes < DAY / MINUTE) return hoursAndMinutes(minutes, japanese);
  if (hours < (2 * DAY) / HOUR) return daysAndHours(hours, japanese);
  return amount([[days, "day"]], japanese);
}

function hoursAndMinutes(minutes, japanese) {
  return amount([[Math.floor(minutes / 60), "hour"], [minutes % 60, "minute"]], japanese);
}

function daysAndHours(hours, japanese) {
  return amount([[Math.floor(hours / 24), "day"], [hours % 24, "hour"]], japanese);
}

function amount(parts, japanese) {
  const units = UNITS[japanese ? "ja" : "en"];
  return parts
    .filter(([count]) => count || parts.length === 1)
    .map(([count, unit]) => (!japanese && unit === "day" && count === 1 ? "1 day" : `${count}${units[unit]}`))
    .join(japanese ? "" : " ");
}
