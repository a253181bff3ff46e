//! The declarations behind [`super::Record`]: structs, tagged variants, closed lists of words.

/// Declares structs whose fields have tags: `pub name: Type = tag`.
macro_rules! records {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$fmeta:meta])* pub $field:ident : $ty:ty = $tag:literal ),* $(,)? }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name { $( $(#[$fmeta])* pub $field: $ty ),* }

        impl $crate::record::Record for $name {
            #[allow(unused_variables)]
            fn write<S: $crate::record::Sink>(&self, sink: &mut S) {
                $( $crate::record::Field::put(&self.$field, $tag, stringify!($field), sink); )*
            }

            fn read(source: &mut $crate::record::Source<'_>) -> Result<Self, $crate::record::DecodeError> {
                $( let mut $field = <<$ty as $crate::record::Field>::Slot as Default>::default(); )*
                while let Some(tag) = source.next_tag()? {
                    match tag {
                        $( $tag => <$ty as $crate::record::Field>::take(&mut $field, source)?, )*
                        _ => source.skip()?,
                    }
                }
                Ok(Self { $( $field: <$ty as $crate::record::Field>::done($field, stringify!($field))? ),* })
            }
        }

        $crate::record::macros::nested!($name);
    )+};
}

/// Declares an enum of records: `Variant(Record) = tag`. The tag is the kind in the journal.
macro_rules! variants {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident ( $ty:ty ) = $tag:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( $(#[$vmeta])* $variant($ty) ),* }

        impl $name {
            /// The name of the kind, as the journal's tables show it.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $( Self::$variant(_) => stringify!($variant) ),* }
            }
        }

        impl $crate::record::Record for $name {
            fn write<S: $crate::record::Sink>(&self, sink: &mut S) {
                match self { $( Self::$variant(inner) => {
                    $crate::record::Field::put(inner, $tag, stringify!($variant), sink);
                } )* }
            }

            fn read(source: &mut $crate::record::Source<'_>) -> Result<Self, $crate::record::DecodeError> {
                let mut found = None;
                while let Some(tag) = source.next_tag()? {
                    match tag {
                        $( $tag => {
                            let mut slot = None;
                            <$ty as $crate::record::Field>::take(&mut slot, source)?;
                            found = slot.map(Self::$variant);
                        } )*
                        other => return Err($crate::record::DecodeError::UnknownKind(other)),
                    }
                }
                found.ok_or($crate::record::DecodeError::Missing(stringify!($name)))
            }
        }

        $crate::record::macros::nested!($name);
    };
}

/// Declares a closed list of words: `Word = number`.
macro_rules! code_enum {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $num:literal $text:literal ),* $(,)? }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$vmeta])* $variant = $num ),* }

        impl $name {
            /// Every word of the list, in the order of their numbers.
            pub const ALL: &'static [Self] = &[ $( Self::$variant ),* ];

            /// The word as texts and reports show it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text ),* }
            }

            /// The word with this text.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $( $text => Some(Self::$variant), )* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::record::Field for $name {
            type Slot = Option<Self>;
            fn put<S: $crate::record::Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
                sink.word(tag, name, *self as u32, self.as_str());
            }
            fn take(slot: &mut Option<Self>, source: &mut $crate::record::Source<'_>) -> Result<(), $crate::record::DecodeError> {
                *slot = Some(match source.int()? {
                    $( $num => Self::$variant, )*
                    other => return Err($crate::record::DecodeError::UnknownWord(stringify!($name), other)),
                });
                Ok(())
            }
            fn done(slot: Option<Self>, name: &'static str) -> Result<Self, $crate::record::DecodeError> {
                slot.ok_or($crate::record::DecodeError::Missing(name))
            }
        }
    )+};
}

/// Lets a record stand as a field of another one.
macro_rules! nested {
    ($name:ident) => {
        impl $crate::record::Field for $name {
            type Slot = Option<Self>;
            fn put<S: $crate::record::Sink>(&self, tag: u32, name: &'static str, sink: &mut S) {
                sink.open(tag, name);
                $crate::record::Record::write(self, sink);
                sink.close();
            }
            fn take(
                slot: &mut Option<Self>,
                source: &mut $crate::record::Source<'_>,
            ) -> Result<(), $crate::record::DecodeError> {
                source.enter()?;
                *slot = Some($crate::record::Record::read(source)?);
                source.leave();
                Ok(())
            }
            fn done(
                slot: Option<Self>,
                name: &'static str,
            ) -> Result<Self, $crate::record::DecodeError> {
                slot.ok_or($crate::record::DecodeError::Missing(name))
            }
        }
    };
}

pub(crate) use {code_enum, nested, records, variants};
