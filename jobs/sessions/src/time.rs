//! Times of a log, as seconds since the beginning of 1970 in UTC.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 24 * 60 * 60;
/// From 1 March of the year 0, with which the counting of days begins, to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;
/// The days of 400 years, after which the calendar repeats itself.
const DAYS_OF_400_YEARS: i64 = 146_097;

/// Reads `10/Oct/2000:13:55:36 -0700`: a local time, and what it is ahead of UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (local, zone) = text.split_once(' ')?;
    let [date, hour, minute, second] = parts(local, ':')?;
    let [day, month, year] = parts(date, '/')?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let date = (number(year, 4, 9999)?, i64::try_from(month).ok()? + 1, number(day, 2, 31)?);
    let days = days(date);
    if self::date(days) != date {
        return None; // 30 February
    }
    // A leap second is the 60th of its minute: here, as for Unix, the first of the next one.
    let clock = (number(hour, 2, 23)? * 60 + number(minute, 2, 59)?) * 60 + number(second, 2, 60)?;
    Some(days * DAY + clock - ahead(zone)?)
}

/// Writes `2000-10-10T20:55:36Z`, as ISO 8601 has it.
pub(crate) fn utc(time: i64) -> String {
    let (year, month, day) = date(time.div_euclid(DAY));
    let clock = time.rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The seconds that a zone is ahead of UTC: `+0530`, `-0700`.
fn ahead(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let clock = number(digits, 4, 2359)?;
    let (hours, minutes) = (clock / 100, clock % 100);
    (minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// The parts of a text, if there are as many.
fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.split(separator).collect::<Vec<_>>().try_into().ok()
}

/// A number of so many digits, and no larger than that.
fn number(text: &str, digits: usize, largest: i64) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { text.parse().ok() } else { None };
    number.filter(|&number| number <= largest)
}

/// The days from 1 January 1970 to a date: year, month and day.
fn days((year, month, day): (i64, i64, i64)) -> i64 {
    // Years begin in March here, so that the leap day is the last of them; `(153 * m + 2) / 5` is how many days are
    // before the `m`th month after March.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970
}

/// The date so many days after 1 January 1970: the way back.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (cycle, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    // Take away the leap days before this one; every 1460, 36524 and 146096 days one is added or left out.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * cycle + year + i64::from(month >= 10);
    (year, (month + 2) % 12 + 1, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_zone() {
        // What `date -u -d '2000-10-10 13:55:36 -0700' +%s` and its like give.
        for (text, seconds) in [
            ("01/Jan/1970:00:00:00 +0000", 0),
            ("01/Jan/1970:00:00:00 +0100", -3600),
            ("10/Oct/2000:13:55:36 -0700", 971_211_336),
            ("29/Feb/2000:23:59:59 +0530", 951_848_999),
            ("19/Jan/2038:03:14:08 +0000", 2_147_483_648),
            ("28/Feb/1900:12:00:00 +0000", -2_203_934_400),
            ("31/Dec/9999:23:59:59 +0000", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_first_of_the_next_minute() {
        let next = parse("01/Jan/2017:00:00:00 +0000");
        assert_eq!(parse("31/Dec/2016:23:59:60 +0000"), next);
    }

    #[test]
    fn what_no_calendar_or_clock_shows_is_refused() {
        for text in [
            "",
            "10/Oct/2000:13:55:36",
            "10/Oct/2000 13:55:36 -0700",
            "10/10/2000:13:55:36 -0700",
            "10/oct/2000:13:55:36 -0700",
            "1/Oct/2000:13:55:36 -0700",
            "+1/Oct/2000:13:55:36 -0700",
            "00/Oct/2000:13:55:36 -0700",
            "32/Oct/2000:13:55:36 -0700",
            "31/Sep/2000:13:55:36 -0700",
            "30/Feb/2000:13:55:36 -0700",
            "29/Feb/1900:13:55:36 -0700",
            "29/Feb/2001:13:55:36 -0700",
            "10/Oct/2000:24:00:00 -0700",
            "10/Oct/2000:13:60:00 -0700",
            "10/Oct/2000:13:55:61 -0700",
            "10/Oct/2000:13:55 -0700",
            "10/Oct/2000:13:55:36:00 -0700",
            "10/Oct/2000:13:55:36 0700",
            "10/Oct/2000:13:55:36 -07",
            "10/Oct/2000:13:55:36 -0760",
            "10/Oct/2000:13:55:36 +2400",
            "10/Oct/2000:13:55:36 -07é",
            "10/Oct/2000:13:55:36 é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (971_211_336, "2000-10-10T20:55:36Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    /// Counts all days of the calendar one by one, month by month, as the calendar's rule says.
    #[test]
    fn every_day_from_the_year_0_to_3000_has_its_number() {
        let mut number = -719_528; // 1 January of the year 0
        for year in 0..=3000 {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if is_leap { 29 } else { 28 };
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, length) in (1..).zip(lengths) {
                for day in 1..=length {
                    assert_eq!(days((year, month, day)), number, "{year}-{month}-{day}");
                    assert_eq!(date(number), (year, month, day), "day {number}");
                    number += 1;
                }
            }
        }
    }
}
